"""The authorization: who may lay which columns of which data sets side by side, about whom, why, how often, until when."""
