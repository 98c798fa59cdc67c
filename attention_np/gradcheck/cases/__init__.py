"""The functions of the contract, and the arguments drawn for them."""
