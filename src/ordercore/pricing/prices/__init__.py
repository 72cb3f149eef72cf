"""Price lists, what they answer, how they are checked and converted, and prices changed by hand."""
