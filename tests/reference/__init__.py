"""A second, slow and obvious reading of the mapping language, to hold the product against.

It shares no code with the product's paths, rules, blocks or conditions: strings are walked each time they are met,
nothing is compiled or kept. Only the conversion of single scalars (an amount, a date) is the product's own.
"""
