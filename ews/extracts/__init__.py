"""What a district delivers: schema, readers and checks."""
