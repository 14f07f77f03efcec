"""Programs that act for a person or a service: tokens, answers kept for a repeated request, webhooks without content."""
