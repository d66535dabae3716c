"""Keeping the numbers behind the reports equal to the raw rows."""

from smartqueue.reporting.actions.keeping import aggregate_satisfaction as aggregate_satisfaction
from smartqueue.reporting.actions.keeping import calculate_queue_metrics as calculate_queue_metrics
from smartqueue.reporting.actions.keeping import finalise_yesterdays as finalise_yesterdays
from smartqueue.reporting.actions.rollup import rebuild as rebuild
