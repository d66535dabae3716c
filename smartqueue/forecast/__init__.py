"""Wait estimates with a range, leave-now, calibration. Not built yet."""
