"""Other systems' formats: quizzes written for them and read from them; what one can't say is an error or a listed loss."""
