/**
 * The blocking-call scanner: reads compiled classes, follows what an event loop runs, and reports
 * what would hold it. It stands alone: ASM and the JDK, nothing of ours.
 *
 * <pre>
 *  folders, jars                  ClassFiles  Jar        bounded, two threads
 *       |
 *  class files                    ClassShape  Extractor  every length checked; code is forgotten
 *       |                         Flow  Value  Origin    where each argument comes from
 *  ClassModel, MethodModel, Call, LambdaSite
 *       |
 *  Program                        Types  Resolver        who calls, makes, stores and extends what
 *       |
 *  Graph of Nodes                 Api  Summaries  Mode   how each call runs the functions given
 *   (method x Where x type)       Owners                 ... of libraries, by whose object it is
 *       |                         Dispatch  Functions    which code a call or a function is
 *       |                         Buses                  which listeners an event is posted to
 *       |                         Deployments  Threading  Roots   where code begins to run
 *  Hits                           Sinks  SinkCalls       what blocks
 *       |
 *  Findings                       Paths  FutureRules     from an entry to what blocks
 *       |                         Permissions  Baseline  what is known
 *  Report                         TextReport  JsonReport  SarifReport
 * </pre>
 *
 * <p>What is known about libraries is in tables beside the classes: {@code sinks.txt} what blocks,
 * {@code api.txt} how functions are run, {@code roots.txt} what frameworks call, {@code buses.txt}
 * buses within a process, {@code rules.txt} the rules, {@code orphans.txt} futures that may be
 * dropped, {@code types.txt} the few types of Vert.x needed when its jars are not given.
 */
@NullMarked
package dev.asyncpatterns.scan;

import org.jspecify.annotations.NullMarked;
