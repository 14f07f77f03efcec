"""What people are told and by which way: muting, quiet hours, the mail queue, the calendar feed. Never a case fact outside."""
