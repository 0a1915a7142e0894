import Foundation

/// The contract of the native API, in the form of OpenAPI 3.1; written by hand, and held against the routes by a test.
public enum OpenAPIDocument {
  /// The document's JSON.
  public static var data: Data { Data(PackageResources.openapi_json) }
}
