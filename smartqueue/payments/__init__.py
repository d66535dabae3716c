"""What a customer pays a tenant: Wave, Orange Money, Free Money. Not built yet."""
