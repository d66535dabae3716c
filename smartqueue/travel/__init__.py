"""Where somebody is, and how long the way to a site takes by each mode and hour."""
