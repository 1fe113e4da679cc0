"""Nothing is lost and nothing is there twice, whatever breaks: each test counts its events out and in."""
