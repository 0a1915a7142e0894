import Testing

@testable import Kindred

@Suite struct KindredHomeTests {
  @Test(arguments: [
    (["KINDRED_HOME": "/k", "XDG_DATA_HOME": "/x", "HOME": "/h"], "/k"),
    (["KINDRED_HOME": "/k/../m/", "HOME": "/h"], "/m"),
    (["KINDRED_HOME": "", "XDG_DATA_HOME": "/x", "HOME": "/h"], "/x/kindred"),
    (["XDG_DATA_HOME": "relative", "HOME": "/h"], "/h/.local/share/kindred"),
    (["XDG_DATA_HOME": "", "HOME": "/h"], "/h/.local/share/kindred"),
    (["HOME": "/h"], "/h/.local/share/kindred"),
  ])
  func isFoundFromTheEnvironment(environment: [String: String], path: String) {
    let home = KindredHome(environment: environment)
    #expect(home.path == path)
    #expect(home.modelsDirectory == path + "/models")
    #expect(ModelStore(environment: environment).directory == path + "/models")
  }

  @Test func isAbsoluteAlways() {
    #expect(KindredHome(environment: [:]).path.hasPrefix("/"))
    #expect(KindredHome(environment: ["KINDRED_HOME": "here"]).path.hasPrefix("/"))
  }
}
