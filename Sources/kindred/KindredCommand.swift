import ArgumentParser
import Kindred

struct KindredCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "kindred",
    abstract: "Find pictures by what is in them.",
    discussion: """
      kindred runs a folder of pictures through a residual network, keeps their features in an index, and answers \
      "what looks like this picture?" and "show me every dalmatian".

        kindred model fetch default
        kindred index ~/Pictures
        kindred search holiday.jpg
        kindred search --label dalmatian
      """,
    version: kindredVersion,
    groupedSubcommands: [
      CommandGroup(
        name: "Indexing", subcommands: [IndexCommand.self, LabelCommand.self, RecipeCommand.self, RemoveCommand.self]),
      CommandGroup(
        name: "Searching",
        subcommands: [SearchCommand.self, DuplicatesCommand.self, EmbedCommand.self, ExportCommand.self]),
      CommandGroup(name: "Serving", subcommands: [ServeCommand.self]),
      CommandGroup(
        name: "Upkeep",
        subcommands: [
          StatsCommand.self, VerifyCommand.self, EvaluateCommand.self, BenchCommand.self, ModelCommand.self,
          KeyCommand.self,
          DoctorCommand.self,
        ]),
    ])
}
