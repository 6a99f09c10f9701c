module powercut

go 1.26
