import ArgumentParser
import Kindred

extension EmbeddingRecipe.Name: ExpressibleByArgument {}
