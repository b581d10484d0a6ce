/**
 * One verticle per pattern, which shows the problem, the fix and the proof.
 *
 * <p>This package holds what all demos share: {@link dev.asyncpatterns.demo.Demo} is what a demo
 * extends, {@link dev.asyncpatterns.demo.Story} what it tells and checks with, {@link
 * dev.asyncpatterns.demo.Catalog} the list of all patterns, {@link
 * dev.asyncpatterns.demo.DemoRunner} runs them. The demos live in a package per family.
 */
@NullMarked
package dev.asyncpatterns.demo;

import org.jspecify.annotations.NullMarked;
