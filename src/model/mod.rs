//! The vocabulary of the program, pure.
