"""Rollups and reports; read-only towards everything else."""
