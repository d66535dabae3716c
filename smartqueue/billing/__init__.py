"""Plan, Subscription, quota: what a tenant pays SmartQueue. Only amounts so far; invoices come with their own issue."""
