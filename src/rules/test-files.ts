const TEST_FILE = /(?:^|\/)(?:tests?|testing|test_utils)\/|(?:^|\/)(?:test_[^/]*|[^/]*_tests?|tests?|conftest|factories)\.py$/;

/** Tests and their helpers. */
export const isTestFile = (file: string): boolean => TEST_FILE.test(file);
