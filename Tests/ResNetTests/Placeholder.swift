import Testing

@testable import ResNet
