"""Wait estimates with a range and a measured error, leave-now, calibration."""
