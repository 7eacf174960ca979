const NOT_THE_APP = /(?:^|\/)(?:tests?|testing|migrations)\/|(?:^|\/)(?:test_[^/]*|[^/]*_tests?|tests?|conftest|factories)\.py$/;

/** Code that runs in production, not tests and migrations. */
export const isInProjectFile = (file: string): boolean => file !== "" && !NOT_THE_APP.test(file);
