export { lowerDjangoTemplate } from "./django-template.ts";
