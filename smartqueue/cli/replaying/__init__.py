"""What `smartqueue replay` does, in order: read the record, set the stage, play, check the books."""
