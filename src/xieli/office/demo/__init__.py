"""The invented province 渝江市 (area codes 99xxxx): bodies, people and matters for the demo, the stories and the tests."""
