"""Pages of the customer."""
