"""Field types of requests and responses: text, numbers, dates, tags, languages."""
