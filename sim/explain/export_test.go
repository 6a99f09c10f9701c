package explain

// PageData is what the page of an account shows.
func PageData(a *Account, s Suggestion) any { return pageOf(a, s) }
