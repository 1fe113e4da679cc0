-- take_back: takes back what at most so many prompts taught that were learned before a time, to teach it again.
SELECT hooktrace.take_back(%(before)s, %(batch)s) AS taken
