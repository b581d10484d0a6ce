package dev.asyncpatterns.cli;

import dev.asyncpatterns.demo.Terminal.Style;
import dev.asyncpatterns.scan.Baseline;
import dev.asyncpatterns.scan.Finding;
import dev.asyncpatterns.scan.JsonReport;
import dev.asyncpatterns.scan.MavenProject;
import dev.asyncpatterns.scan.Problem;
import dev.asyncpatterns.scan.Report;
import dev.asyncpatterns.scan.Rule;
import dev.asyncpatterns.scan.SarifReport;
import dev.asyncpatterns.scan.Scanner;
import dev.asyncpatterns.scan.TextReport;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Finds blocking calls that an event loop can reach, in compiled classes. */
@Command(
    name = "scan",
    description = "Find blocking calls that an event loop can reach, in compiled classes.",
    footer = {"", "Status: 0 clean, 1 findings, 2 wrong call, 3 something could not be read."})
final class ScanCommand extends CliCommand {
  /** How a report is written. */
  enum Format {
    TEXT,
    JSON,
    SARIF
  }

  @Parameters(
      paramLabel = "PATH",
      arity = "0..*",
      description = "Folders of classes, jars, or folders of Maven projects.")
  private List<Path> paths = new ArrayList<>();

  @Option(
      names = {"--classpath", "-cp"},
      paramLabel = "CP",
      description = "Jars and folders that the classes lean on.")
  private String classPath = "";

  @Option(names = "--format", description = "text (default), json or sarif.")
  private Format format = Format.TEXT;

  @Option(
      names = "--fail-on",
      paramLabel = "SEVERITY",
      description = "The mildest finding that gives status 1: error, warn (default) or info.")
  private Rule.Severity failOn = Rule.Severity.WARN;

  @Option(names = "--baseline", paramLabel = "FILE", description = "Findings that are known.")
  private @Nullable Path baseline;

  @Option(
      names = "--write-baseline",
      paramLabel = "FILE",
      description =
          "Write the findings that count for --fail-on to a baseline in place of reporting them.")
  private @Nullable Path written;

  @Option(names = "--explain", paramLabel = "RULE", description = "Say what a rule is about.")
  private @Nullable String rule;

  ScanCommand(Session session) {
    super(session);
  }

  @Override
  public Integer call() throws IOException {
    if (rule != null) {
      return explain(rule);
    }
    if (paths.isEmpty()) {
      session.err().line("Say what to scan: ./run.sh scan PATH…, or --explain RULE.");
      return Session.USAGE;
    }
    for (Path path : paths) {
      if (!Files.exists(path)) {
        session.err().line("There is no " + path + ".");
        return Session.USAGE;
      }
    }
    Baseline known = known();
    return known == null ? Session.USAGE : scan(known);
  }

  private @Nullable Baseline known() {
    try {
      return baseline == null ? Baseline.empty() : Baseline.read(baseline);
    } catch (IOException e) {
      session.err().line("The baseline cannot be read: " + e.getMessage());
      return null;
    }
  }

  private int scan(Baseline known) throws IOException {
    List<Path> classes = new ArrayList<>();
    List<Path> libraries = new ArrayList<>(libraries());
    List<Problem> problems = new ArrayList<>();
    for (Path path : paths) {
      if (MavenProject.is(path)) {
        MavenProject project = MavenProject.find(path);
        classes.addAll(project.classes());
        libraries.addAll(project.classPath());
        problems.addAll(project.problems());
      } else {
        classes.add(path);
      }
    }
    if (classes.isEmpty()) {
      problems.forEach(problem -> session.err().line(problem.toString()));
      return Report.UNREADABLE;
    }
    Scanner.Options options =
        Scanner.Options.of(classes).withClassPath(libraries).withBaseline(known);
    Report report = Scanner.create(options).scan().withProblems(problems);
    return tell(report);
  }

  private List<Path> libraries() {
    return Arrays.stream(classPath.split(File.pathSeparator))
        .filter(name -> !name.isBlank())
        .map(Path::of)
        .toList();
  }

  private int tell(Report report) throws IOException {
    if (written != null) {
      List<Finding> counting =
          report.findings().stream().filter(one -> one.severity().atLeast(failOn)).toList();
      Files.writeString(written, Baseline.text(counting));
      session.err().line(counting.size() + " findings written to " + written);
      return report.status(Rule.Severity.ERROR) == Report.UNREADABLE
          ? Report.UNREADABLE
          : Session.OK;
    }
    switch (format) {
      case TEXT -> TextReport.lines(report, session.out().colour()).forEach(session.out()::line);
      case JSON -> session.out().line(JsonReport.text(report));
      case SARIF -> session.out().line(SarifReport.text(report));
    }
    if (format != Format.TEXT) {
      report.problems().forEach(problem -> session.err().line("not read: " + problem));
    }
    return report.status(failOn);
  }

  private int explain(String id) {
    Rule found = Rule.find(id).orElse(null);
    if (found == null) {
      session.err().line("There is no rule " + id + "; the rules are:");
      Rule.all().forEach(one -> session.err().line("  " + one.id() + "  " + one.title()));
      return Session.USAGE;
    }
    session.out().line(session.out().paint(Style.BOLD, found.id() + "  " + found.title()));
    session.out().line("severity  " + found.severity().name().toLowerCase(Locale.ROOT));
    session.out().line("why       " + found.why());
    session.out().line("fix       " + found.fix());
    return Session.OK;
  }
}
