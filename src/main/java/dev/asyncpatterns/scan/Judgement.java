package dev.asyncpatterns.scan;

import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * Runs the rules over a program.
 *
 * @param findings what was found
 * @param notes what else there is to know
 * @param suppressed how many ways a permission closes
 */
record Judgement(List<Finding> findings, List<String> notes, int suppressed) {

  static Judgement of(Types types, Collection<ClassModel> own, LocalDate today) {
    Program program = new Program(types, own);
    Api api = new Api(program);
    Resolver resolver = new Resolver(program);
    Dispatch dispatch = new Dispatch(program, api, resolver);
    Functions functions = new Functions(program, api, resolver, dispatch);
    Graph graph = new Graph(program, api, new Summaries(program, api), dispatch, functions);
    Deployments deployments = new Deployments(program, resolver);
    new Roots(program, graph, deployments).grow();

    Hits hits = new Hits(new SinkCalls(program, new Sinks(types, Sinks.catalogue()), resolver));
    hits.findSlowLocks(graph);
    Permissions permissions = new Permissions(program, today);
    Paths paths = Paths.find(graph, hits, permissions);
    List<Finding> findings = new ArrayList<>(paths.findings());
    findings.addAll(FutureRules.find(program, resolver, permissions));
    deployments.unknown().forEach(unknown -> findings.add(unknownDeployment(unknown)));
    findings.addAll(permissions.stale());
    return new Judgement(findings.stream().sorted().toList(), notes(graph), paths.suppressed());
  }

  private static Finding unknownDeployment(Deployments.Unknown unknown) {
    Rule rule = Rule.of("EL901");
    String name = Names.method(unknown.method());
    Finding.Hop hop =
        new Finding.Hop(
            Names.shown(unknown.method()),
            Names.file(unknown.method().type),
            unknown.call().line(),
            "",
            "");
    String what = Names.call(unknown.call());
    return new Finding(rule, rule.severity(), Confidence.MEDIUM, name, name, what, List.of(hop));
  }

  private static List<String> notes(Graph graph) {
    return graph.unresolved() == 0
        ? List.of()
        : List.of(graph.unresolved() + " calls of functions could not be followed (EL902)");
  }
}
