/// The version of this program.
public let kindredVersion = "0.1.0"
