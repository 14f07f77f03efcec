"""Letters and sheets of a matter: templates as data, set in the form of GB/T 9704, issued with a number and an event."""
