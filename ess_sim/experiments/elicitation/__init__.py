"""What experts say of parameters that have never been measured: questions, answers, and draws made of them."""
