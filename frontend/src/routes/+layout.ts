// One page for every address: the site is static and everything on it comes from the API.
export const ssr = false;
export const prerender = false;
