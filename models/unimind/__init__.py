"""UniMind: an EEG encoder, a connector and a language model that answers questions in words (arXiv 2506.18962).

An own implementation from the paper and what is known of the released code, whose routers get no gradient and whose
batches mix samples; here both are tested. Answers come from a closed set of options, each with its probability.
"""
