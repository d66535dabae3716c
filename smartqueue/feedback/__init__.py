"""What people say of their visits (CSAT, NPS), one answer per ticket, and how it was followed up."""
