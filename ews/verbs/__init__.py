"""The verbs, by what they are about; ``ews.cli`` gathers them."""
