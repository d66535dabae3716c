"""Every read of the forecast that has a name."""
