package dev.asyncpatterns.scan;

/**
 * A place in a method that holds whoever runs it.
 *
 * @param rule the rule
 * @param what the call, or what else it is
 * @param line its line
 * @param cap the most that can be sure about it
 * @param heavy whether it may take long
 * @param anywhere whether it is wrong on worker threads, too
 */
record Hit(String rule, String what, int line, Confidence cap, boolean heavy, boolean anywhere) {}
