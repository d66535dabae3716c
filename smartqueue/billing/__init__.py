"""Plan, Subscription, quota, Invoice: what a tenant pays SmartQueue. Not built yet."""
