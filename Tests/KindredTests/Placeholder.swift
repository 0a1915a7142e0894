import Testing

@testable import Kindred
