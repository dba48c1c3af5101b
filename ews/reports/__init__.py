"""Evaluation, fairness and model card: templates and the figures in them."""
