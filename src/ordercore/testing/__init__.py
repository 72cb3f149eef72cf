"""What users of the library test with; needs the `testing` extra."""
