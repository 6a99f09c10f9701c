// Package worker is how a process that runs a campaign, or looks into a case, has the
// runs made in another one: a fatal error there costs one run, and code that only a
// test binary has in it is within reach. An Order says what to do, a line of JSON; it
// is answered by Notes, the last of which has the result. They go through pipes of
// their own, so that whatever the code under test prints is in nobody's way.
//
// Host does what orders ask for; Serve reads them. Who gives them begins the process
// with a Line.
package worker
