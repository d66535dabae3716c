"""The reports. Each is asked inside the tenant's scope, takes a `Wanted`, and is one SQL statement over the rollup."""

from smartqueue.reporting.queries.agents import Performance as Performance
from smartqueue.reporting.queries.agents import agent_report as agent_report
from smartqueue.reporting.queries.daily import DailySummary as DailySummary
from smartqueue.reporting.queries.daily import daily_summary as daily_summary
from smartqueue.reporting.queries.hours import HeatMap as HeatMap
from smartqueue.reporting.queries.hours import Today as Today
from smartqueue.reporting.queries.hours import arrivals_today as arrivals_today
from smartqueue.reporting.queries.hours import heat_map as heat_map
from smartqueue.reporting.queries.origins import origin_report as origin_report
from smartqueue.reporting.queries.satisfaction import Satisfaction as Satisfaction
from smartqueue.reporting.queries.satisfaction import satisfaction_report as satisfaction_report
from smartqueue.reporting.queries.tickets import channel_report as channel_report
from smartqueue.reporting.queries.tickets import demand_report as demand_report
from smartqueue.reporting.queries.tickets import dropoff_report as dropoff_report
from smartqueue.reporting.queries.tickets import queue_report as queue_report
from smartqueue.reporting.queries.tickets import wait_report as wait_report
from smartqueue.reporting.queries.wanted import Compared as Compared
from smartqueue.reporting.queries.wanted import Part as Part
from smartqueue.reporting.queries.wanted import Period as Period
from smartqueue.reporting.queries.wanted import Report as Report
from smartqueue.reporting.queries.wanted import Wanted as Wanted
from smartqueue.reporting.queries.wanted import compare as compare
from smartqueue.reporting.queries.wanted import local_today as local_today
