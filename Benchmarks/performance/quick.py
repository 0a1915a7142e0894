"""Compares a few ratios with the recorded ones: a check that nothing became slower."""

import json
import os
import tempfile

import decode
import machine
import models
import network
import results

# A ratio may fall so far under the recorded one.
TOLERANCE = 0.15
ROUNDS = 11


def run(options):
    """The status to end with."""
    # Many short turns: a median of them bears what else the machine does for a moment.
    options.rounds = options.rounds or ROUNDS
    # The smaller of the networks: figures of it are steady sooner.
    options.models = models.chosen(options, "resnet18")[:1]
    measured = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, module in {"network": network, "decode": decode}.items():
            found = results.Results(name, options.kindred, options.threads, options.rounds, folder)
            module.run(options, found)
            found.show()
            for ratio in found.data["ratios"]:
                measured[f"{name}, {ratio['group']}: {ratio['of']} over {ratio['to']}"] = ratio["median"]
    path = os.path.join(options.results, "quick.json")
    recorded = {}
    if os.path.exists(path):
        with open(path) as file:
            recorded = json.load(file)
    kind = machine.kind()
    if options.record:
        recorded[kind] = {
            "date": machine.date(), "commit": machine.commit(), "machine": machine.describe(), "threads": options.threads,
            "versions": machine.versions(options.kindred), "ratios": measured,
        }
        with open(path, "w") as file:
            json.dump(recorded, file, indent=1)
            file.write("\n")
        print(f"recorded {len(measured)} ratios of {kind}")
        return 0
    if kind not in recorded:
        print(f"no ratios are recorded for processors of the kind {kind} (there are: {', '.join(recorded) or 'none'}); "
              "record them with --quick --record at a commit that is known to be good")
        return 2
    return verdict(measured, recorded[kind], options)


def verdict(measured, recorded, options):
    if recorded["threads"] != options.threads:
        print(f"the recorded ratios are of {recorded['threads']} threads: say --threads {recorded['threads']}")
        return 2
    for package, version in machine.versions(options.kindred).items():
        before = recorded["versions"].get(package, "none")
        if before != version and package != "kindred":
            print(f"{package} is {version} now; the recorded ratios are over {before}")
    fallen, missing = 0, 0
    print(f"recorded on {recorded['date']} at {recorded['commit']} on {recorded['machine']['processor']} "
          f"({recorded['machine']['kind']}); a ratio may be {TOLERANCE:.0%} under:")
    for name, before in recorded["ratios"].items():
        now = measured.get(name)
        if now is None:
            print(f"  MISSING  {name}: was {before:.2f}, not measured now")
            missing += 1
            continue
        fell = now < before * (1 - TOLERANCE)
        fallen += fell
        print(f"  {'SLOWER ' if fell else 'ok     '}  {name}: {now:.2f}, was {before:.2f} ({now / before - 1:+.0%})")
    if fallen or missing:
        print(f"{fallen} of {len(recorded['ratios'])} ratios fell more than {TOLERANCE:.0%}, {missing} were not measured")
        return 1
    print("No ratio fell.")
    return 0
