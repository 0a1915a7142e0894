import ArgumentParser
import Kindred

extension RecipeChoice: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }
  public static var allValueStrings: [String] { EmbeddingRecipe.Name.allCases.map(\.rawValue) }
  public var defaultValueDescription: String { text }
}
