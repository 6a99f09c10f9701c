// Package campaign runs many seeds of one target, and adds up what they found: in
// blocks that can be kept, resumed and shared out; with a canary that must die;
// with each sync of the code under test switched off in turn; or exhaustively, up
// to a bound.
package campaign
